"""What crosses the border of the credentials service: REST bodies (`rest`) and providers' notices (`providers`)."""
