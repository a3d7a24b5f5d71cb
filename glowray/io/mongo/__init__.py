"""Collections of MongoDB: their documents as rows, and rows as documents. PyMongo speaks to the server."""
