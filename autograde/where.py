"""Which notebook this kernel belongs to, in which language, and what its cells say as last saved."""
