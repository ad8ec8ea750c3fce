"""Runs in processes of their own: started, controlled and followed through the run folder."""
