"""Training on another computer over SSH: experiment and data go there, the run folder comes back.

The person's own keys and settings of OpenSSH are used; no password is asked for or kept.
"""
