"""Kills and failing disks: a run that was hit goes on to the same bits, or ends with a sentence."""
