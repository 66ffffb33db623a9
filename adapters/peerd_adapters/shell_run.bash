# One message, run where it was entered: sourced with ID ATTEMPT SENDER [FORGIVEN] by the alias peerd_run. At the top level
# and not in a function, so that folder, variables and what is declared stay; `return` in a body ends the body alone.
# Backslashes keep the user's aliases out.
\__peerd_take "$@" || \return 0
\shift "$#"
\builtin source "$__peerd_folder/in/$__peerd_message"
\__peerd_back "$?"
