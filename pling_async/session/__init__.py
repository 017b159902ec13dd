"""The async session layer: HTTP, and nothing about contacts."""
