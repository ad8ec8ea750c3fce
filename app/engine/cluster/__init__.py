"""Training as jobs of a cluster with Slurm, through submitit."""
