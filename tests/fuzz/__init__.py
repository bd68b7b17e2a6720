"""Inputs that a machine makes up, for as long as it is let: `make fuzz`."""
