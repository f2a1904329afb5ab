"""The words of explanations, one TOML file a language."""
