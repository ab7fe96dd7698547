"""Commands of the compiler that send requests to clusters."""
