"""The queue: experiments that wait, and the process that trains one after the other."""
