"""Makes an ONNX file of a trained network: convert, name, describe, and quantise."""
