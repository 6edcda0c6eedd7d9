package api

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"posthorn/hook"
	"posthorn/store"
)

// maxWait is the longest that a client can ask to wait for its receipt.
const maxWait = 30 * time.Second

// receiptView says where in WORM storage a message lies.
type receiptView struct {
	ObjectKey   string    `json:"object_key"`
	VersionID   string    `json:"version_id"`
	Offset      int64     `json:"offset"`
	Length      int64     `json:"length"`
	SHA256      string    `json:"sha256"`
	RetainUntil timestamp `json:"retain_until"`
}

// waitPreference reads the wait of RFC 7240 from the values of Prefer; 0 where
// there is none. The first one counts; one that is longer than maxWait is cut.
func waitPreference(values []string) time.Duration {
	for preference := range strings.SplitSeq(strings.Join(values, ","), ",") {
		preference, _, _ = strings.Cut(preference, ";") // parameters
		name, value, _ := strings.Cut(preference, "=")
		if !strings.EqualFold(strings.Trim(name, " \t"), "wait") {
			continue
		}
		value = strings.Trim(value, " \t")
		if unquoted, ok := strings.CutPrefix(value, `"`); ok && strings.HasSuffix(unquoted, `"`) {
			value = strings.TrimSuffix(unquoted, `"`)
		}
		seconds, err := strconv.ParseUint(value, 10, 64)
		switch {
		case err == nil && seconds <= uint64(maxWait/time.Second):
			return time.Duration(seconds) * time.Second
		case value != "" && strings.Trim(value, "0123456789") == "": // however long
			return maxWait
		}
		return 0
	}
	return 0
}

// waitForReceipts holds an answer until its messages are archived, for as long
// as the client prefers to wait.
func (s *server) waitForReceipts(c *gin.Context, views ...*acceptedView) {
	wait := waitPreference(c.Request.Header.Values("Prefer"))
	if wait == 0 || len(views) == 0 {
		return
	}
	c.Header("Preference-Applied", "wait="+strconv.Itoa(int(wait/time.Second)))
	ctx, cancel := context.WithTimeout(c.Request.Context(), wait)
	defer cancel()
	byID := make(map[hook.ID][]*acceptedView, len(views))
	for _, v := range views {
		byID[v.ID] = append(byID[v.ID], v)
	}
	s.receipts.wait(ctx, s.Stopping, byID)
}

func (v *acceptedView) archived(r store.Receipt) {
	v.Status = hook.MessageArchived
	v.Receipt = &receiptView{
		ObjectKey: r.Key, VersionID: r.VersionID, Offset: r.Offset, Length: r.Length,
		SHA256: hex.EncodeToString(r.SHA256[:]), RetainUntil: timestamp{r.RetainUntil},
	}
}
