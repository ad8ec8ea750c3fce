"""What all plots share: axes, curves, marks, the readout and the tools."""
