"""Feishu and Lark: webhook in, open API out (protocols of 2026-11, see docs/features/feishu.md)."""
