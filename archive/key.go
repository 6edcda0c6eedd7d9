package archive

import (
	"fmt"

	"posthorn/hook"
)

// RecordKey is where a message's record lies. No key is a path prefix of
// another: some stores keep keys as paths.
func RecordKey(tenant, endpoint, message hook.ID) string {
	return "records/" + path(tenant, endpoint, message) + ".warc.gz"
}

// SegmentKey is where a segment lies.
func SegmentKey(tenant, endpoint, segment hook.ID) string {
	return "segments/" + path(tenant, endpoint, segment) + ".warc.gz"
}

// BatchKey is where the record of a batch lies.
func BatchKey(tenant, endpoint, batch hook.ID) string {
	return "batches/" + path(tenant, endpoint, batch) + ".warc.gz"
}

// AttachmentKey is where attachment n of a message lies, from 0.
func AttachmentKey(tenant, endpoint, message hook.ID, n int) string {
	return fmt.Sprintf("attachments/%s/%d", path(tenant, endpoint, message), n)
}

// path has the day of receipt in it, which the id carries, or the day that a
// segment was made.
func path(tenant, endpoint, id hook.ID) string {
	return tenant.String() + "/" + endpoint.String() + "/" + hook.IDTime(id).Format("2006/01/02/") + id.String()
}
