"""The Pling Contacts API: models, codec, resources, client."""
