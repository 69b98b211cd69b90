"""DingTalk: callbacks in, robot and session sends out (docs/features/dingtalk.md)."""
