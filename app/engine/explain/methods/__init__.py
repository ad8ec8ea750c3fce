"""The methods: a file each, found by walking."""
