"""The grammar of Chinese time expressions: prepare → scan → compose → resolve."""
