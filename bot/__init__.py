"""Zhanting (展厅): a car dealer's assistant that answers, books and hands over."""
