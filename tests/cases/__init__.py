"""Small made-up files whose right reading is known, from reports of users of other tools."""
