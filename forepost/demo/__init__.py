"""`forepost demo`: the bundled shop, its town, and three situations played one by one."""
