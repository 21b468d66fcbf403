"""Contents are looked at by a virus scanner before they are committed, where one is set up.

`inspection` decides what becomes of what the scanner says, or does not say; `clamd` is the scanner that there is.
"""
