"""joined_models, asynchronous."""

from again import again

again("joined_models", globals())
