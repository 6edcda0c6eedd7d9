// Command commenda-x-secret checks Commenda-X-Secret: the hex HMAC-SHA256 of the body.
// Run it with: SECRET=... PORT=8080 go run .
package main

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

func valid(secret []byte, header http.Header, body []byte) bool {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	wanted := hex.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(header.Get("Commenda-X-Secret")), []byte(wanted))
}

func main() {
	secret := []byte(os.Getenv("SECRET"))
	listener, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "8080"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
		if err != nil || !valid(secret, r.Header, body) {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})}
	log.Fatal(server.Serve(listener))
}
