"""The compiler side that talks to clusters."""
