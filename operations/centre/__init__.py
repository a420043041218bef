"""The operations centre (运营管理中心): one live page for a wall and a phone."""
