package provider

// verifyBirdJWT checks the token in which MessageBird signs the URL, the body
// and a minute of validity.
func verifyBirdJWT(a *attempt) (Replay, error) {
	if a.SigningKey == "" {
		return Replay{}, noSecret("signing_key")
	}
	token, err := a.header("MessageBird-Signature-JWT")
	if err != nil {
		return Replay{}, a.birdOther(err)
	}
	c, err := parseJWT(token, a.SigningKey, anyHS)
	if err != nil {
		return Replay{}, err
	}
	if c.text("iss") != "MessageBird" {
		return Replay{}, refuse(ReasonIssuer, "the token's issuer is not MessageBird")
	}
	if c.text("jti") == "" {
		return Replay{}, refuse(ReasonMissing, "the claim jti is missing")
	}
	if err := a.birdContent(c); err != nil {
		return Replay{}, err
	}
	expiry, err := a.birdTimes(c)
	if err != nil {
		return Replay{}, err
	}
	expiry.Key, expiry.Digest = c.text("jti"), a.digest()
	return expiry, nil
}

// birdContent checks the hashes of the URL and of the body.
func (a *attempt) birdContent(c claims) error {
	hashed := c["payload_hash"] != nil
	switch {
	case !c.hashIs("url_hash", []byte(withoutFragment(a.URL))):
		why := refuse(ReasonWrongURL, "the claim url_hash is not that of "+redactURL(a.URL))
		why.signed = redactURL(a.URL)
		why.cause = "the URL at MessageBird differs from the public URL of this endpoint, or a proxy changes the query"
		return why
	case len(a.Body) == 0 && hashed:
		return refuse(ReasonBodyHash, "the token speaks of a body, and none came")
	case len(a.Body) > 0 && !hashed:
		return refuse(ReasonBodyHash, "the token speaks of no body, and one came")
	case hashed && !c.hashIs("payload_hash", a.Body):
		return refuse(ReasonBodyHash, "the claim payload_hash is not that of the body")
	}
	return nil
}

// birdTimes holds now to the token's validity, both ends included, give or
// take the skew. The result says until when the token can come again.
func (a *attempt) birdTimes(c claims) (Replay, error) {
	skew := a.tolerance(birdSkew)
	begun := false
	for _, name := range []string{"nbf", "iat"} {
		at, present, err := c.time(name)
		if err != nil {
			return Replay{}, err
		}
		if present && a.now.Before(at.Add(-skew)) {
			return Replay{}, stale("the token is not valid yet")
		}
		begun = begun || present
	}
	expiry, present, err := c.time("exp")
	switch {
	case err != nil:
		return Replay{}, err
	case !begun || !present:
		return Replay{}, refuse(ReasonMissing, "the token has no validity: nbf (or iat) and exp are required")
	case a.now.After(expiry.Add(skew)):
		return Replay{}, stale("the token has expired")
	}
	return Replay{Until: expiry.Add(skew + skew)}, nil
}

func stale(message string) *refusal {
	why := refuse(ReasonStale, message)
	why.cause = "it is an old callback sent again; or the clock of this machine is wrong"
	return why
}
