"""What a run leaves and tells: its folder, events, history, checkpoints, requests to it."""
