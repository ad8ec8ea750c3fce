"""Small networks without autograd: their forward and backward passes are written out."""
