"""The facts that services publish. What stands here is a promise to every consumer, for ever."""
