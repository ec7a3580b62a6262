"""Cloud Storage on this machine: the calls that the product makes, over SQLite and files on disk.

* `errors`, `conditions`, `resource`: the language of the JSON API
* `database`, `content`, `store`, `listing`, `uploads`: objects as rows in SQLite and files on disk
* `notifications`, `publisher`: events stored in the object's transaction, then sent to Pub/Sub
* `backend`: all stored state, as the handlers see it
* `wire`, `multipart`, `buckets`, `objects`, `transfers`, `routes`: one handler per API method
* `service`: the HTTP/1.1 server

The bucket resource and the parser of resumable ranges come from the package gcp-storage-emulator.

It offers: create and read a bucket; create and list notifications; read, list, patch and delete
objects; multipart and resumable uploads; downloads by range. All other methods, preconditions,
list options and writable fields are refused with 501, so that no test passes by accident.

It differs from the real service on purpose. It has no authentication and no quotas. Soft delete is
off. Resumable chunks need not be multiples of 256 KiB. A notification may be created before its
topic exists. An undeliverable notification waits until it is delivered, not for seven days.
`fields` is accepted and ignored.
"""
