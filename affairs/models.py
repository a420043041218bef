"""What is kept of a person's affairs; ``subject`` is whose (``identity.index``)."""

from affairs.rows.drafts import Draft as Draft
from affairs.rows.messages import Contact as Contact
from affairs.rows.messages import Message as Message
from affairs.rows.messages import MessageDelivery as MessageDelivery
from affairs.rows.progress import ProgressCode as ProgressCode
from affairs.rows.ratings import Rating as Rating
