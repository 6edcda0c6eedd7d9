package simulate

import "strings"

// kindsOfMail are those of inbound email: each is a message from the internet,
// which wrap puts into the form that the provider posts.
func kindsOfMail(wrap func(d *draft, l letter)) []kind {
	of := func(l letter) func(*draft) {
		return func(d *draft) {
			filled := l // each draft has its own: the kind is made once
			filled.to = d.fill(l.to, plain)
			wrap(d, filled)
		}
	}
	return []kind{
		{name: "received", events: "message.received", about: "a reply by email", write: of(letter{to: "support@inbound.example.com"})},
		{name: "media", events: "message.received", about: "with an attached file", write: of(letter{to: "support@inbound.example.com", attached: true})},
		{name: "ticket", events: "message.received message.created", about: "to an address that names a ticket",
			write: of(letter{to: "support+T«number»@inbound.example.com"})},
	}
}

// letter is an incoming email.
type letter struct {
	to       string
	attached bool
}

const (
	letterFrom    = "zoe@example.net"
	letterSubject = "Re: Your order no. 7"
	letterText    = "That is what I was looking for, thank you.\r\n\r\nOn Thursday Shop wrote:\r\n> Good day\r\n"
	letterHTML    = "<p>That is what I was looking for, thank you.</p>"
	letterReply   = "That is what I was looking for, thank you."
	letterFile    = "receipt.txt"
	letterContent = "One order, paid.\r\n"
)

// headers are those of the message, one a line.
func (l letter) headers() [][2]string {
	return [][2]string{
		{"From", `"Zoe Doe" <` + letterFrom + ">"}, {"To", l.to}, {"Subject", letterSubject}, {"Date", "«date»"},
		{"Message-ID", "<«id»>"}, {"In-Reply-To", "<order-7@shop.example>"}, {"References", "<order-7@shop.example>"},
	}
}

func (l letter) header() string {
	var b strings.Builder
	for _, h := range l.headers() {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	return b.String()
}

// raw is the message as it came over SMTP.
func (l letter) raw() string {
	text := "Content-Type: multipart/alternative; boundary=inner\r\n\r\n" +
		"--inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + letterText +
		"\r\n--inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + letterHTML + "\r\n--inner--\r\n"
	if !l.attached {
		return l.header() + "MIME-Version: 1.0\r\n" + text
	}
	return l.header() + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n" + text +
		"\r\n--outer\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=" + letterFile +
		"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + inBase64([]byte(letterContent)) + "\r\n--outer--\r\n"
}

// messageID is one as mail programs make it, without its brackets.
func messageID() string { return hexText(12) + "@mail.example.net" }
