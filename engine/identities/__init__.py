"""Who may sign in: local users, the tokens minted for them, and the keys that sign tokens and links.

`users`, `tokens` and `signing_keys` change rows, for the service role alone and each in one transaction that raises the
generation of all access state (`generation`). `known` answers what the verifier of tokens (`engine.auth`) asks of them;
`key_files` are the public keys of others, whose tokens count as well.
"""
