"""Real servers: what they load, and what is asked of their Python beforehand."""
