"""What a run keeps of its network after its epochs, for looking back."""
