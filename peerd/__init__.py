"""peerd keeps a team of peers on a machine always one message away."""

__version__ = "0.1.0"
