"""The troubleshooting table, rehearsed: each row caused in the embedded vault, foreseen, met, acted on and healed."""
