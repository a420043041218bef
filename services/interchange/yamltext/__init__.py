"""YAML text changed in one part and kept byte for byte in all others."""
