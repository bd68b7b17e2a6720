"""The parts of the `assurance` command, by what they are about."""
