"""The memory ledger: bytes by purpose, predicted before a training and measured in it.

Other rooms ask `ledger.predict` and `ledger.measure`; a `StepMeter` follows a real step for the
latter. A `DeviceMonitor` reads the device, and `inspection` what a network has without training it.
"""
