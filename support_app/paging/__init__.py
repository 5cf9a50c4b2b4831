"""How a page leaves the house: the channels, the queue between web and worker, and the worker. No page carries what somebody wrote."""
