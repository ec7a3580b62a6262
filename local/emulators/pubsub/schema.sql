-- What the local Pub/Sub remembers. One row of `deliveries` is one message one subscription
-- still waits to see acknowledged; the triggers keep the counts and drop messages nobody needs.
CREATE TABLE IF NOT EXISTS topics (
  name TEXT PRIMARY KEY,
  config BLOB NOT NULL -- google.pubsub.v1.Topic
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS subscriptions (
  -- AUTOINCREMENT: the ack ids of a deleted subscription never fit its successor.
  subscription_id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  config BLOB NOT NULL, -- google.pubsub.v1.Subscription
  undelivered INTEGER NOT NULL DEFAULT 0,
  dead_lettered INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS messages (
  message_id INTEGER PRIMARY KEY, -- the microsecond of publication, bumped where two collide
  body BLOB NOT NULL -- google.pubsub.v1.PubsubMessage
);

CREATE TABLE IF NOT EXISTS deliveries (
  subscription_id INTEGER NOT NULL REFERENCES subscriptions ON DELETE CASCADE,
  message_id INTEGER NOT NULL,
  leased INTEGER NOT NULL DEFAULT 0, -- 1 while a subscriber holds it
  due_s REAL NOT NULL, -- leased: when the lease ends; else: when it may be delivered
  attempts INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (subscription_id, message_id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (subscription_id, leased, due_s);
CREATE INDEX IF NOT EXISTS deliveries_by_message ON deliveries (message_id);

CREATE TRIGGER IF NOT EXISTS delivery_added AFTER INSERT ON deliveries BEGIN
  UPDATE subscriptions
  SET undelivered = undelivered + 1
  WHERE subscription_id = NEW.subscription_id;
END;

CREATE TRIGGER IF NOT EXISTS delivery_settled AFTER DELETE ON deliveries BEGIN
  UPDATE subscriptions
  SET undelivered = undelivered - 1
  WHERE subscription_id = OLD.subscription_id;
  DELETE FROM messages
  WHERE message_id = OLD.message_id
    AND NOT EXISTS (SELECT 1 FROM deliveries WHERE message_id = OLD.message_id);
END;
