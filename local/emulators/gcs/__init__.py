"""Cloud Storage on this machine: the package gcp-storage-emulator, completed.

From that package come the route table, the IAM and ACL handlers, the bucket resource, the glob
matcher and the parser of resumable ranges. New here are preconditions, generations, notifications,
paging, streaming in both directions and a store whose cost per write does not grow:

* `errors`, `conditions`, `resource`: the language of the JSON API
* `database`, `content`, `store`, `listing`, `uploads`: objects as rows in SQLite and files on disk
* `notifications`, `publisher`: events kept with the object's own transaction, then sent to Pub/Sub
* `wire`, `multipart`, `routes`, `service`: HTTP/1.1
* `buckets`, `objects`, `transfers`, `batch`: one handler per method of the API

What differs from the real service, on purpose: no authentication and no quotas; versioning, soft
delete, holds, retention and customer keys are off (turning them on is refused with 501); stored
`contentEncoding: gzip` is served as stored, never decompressed; resumable chunks need not be
multiples of 256 KiB; a notification may be made before its topic exists; an undeliverable
notification is kept until it is delivered, not seven days; `fields` is accepted and ignored.
"""
