"""What a gevent worker does before it loads the application."""

from gevent import hub, monkey

monkey.patch_all()
hub.get_hub()
