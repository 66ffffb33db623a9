"""The actor: a small terminal program of peerd's own that takes messages as an agent CLI does, and answers them."""
