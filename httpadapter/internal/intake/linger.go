package intake

import (
	"io"
	"net/http"
	"time"
)

// Linger has answer refuse r to w, though its body may go on. Many clients look for an answer only when they have
// sent all, so what comes is let come for patience more, and dropped; then the connection ends. With no patience
// left, as after [ErrTooSlow], it ends at once. A stream of HTTP/2 can end by itself, and nothing is waited for.
//
// Linger is for a body that was not read to its end; the connection of one that was goes on.
func Linger(w http.ResponseWriter, r *http.Request, patience time.Duration, answer func()) {
	lingers := r.ProtoMajor == 1
	if lingers {
		w.Header().Set("Connection", "close")
	}
	answer()
	control := http.NewResponseController(w)
	if !lingers || patience <= 0 || control.Flush() != nil {
		return
	}
	if control.SetReadDeadline(time.Now().Add(patience)) == nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}
