// A plain loop of net/http with virtualwebauthn: start and verify of v2's passkey over REST.
//
//	peer cycle BASE_URL SUBJECTS.json SECONDS    prints cycles and microseconds of processor time
//	peer attest OPTIONS.json COUNT               the same for attestations alone
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	webauthn "github.com/descope/virtualwebauthn"
)

const connections = 16

var party = webauthn.RelyingParty{ID: "localhost", Name: "peer", Origin: "https://localhost"}

func spent() int64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano()/1000 + usage.Stime.Nano()/1000
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// From the text of creation options to the text of a credential, with a key of its own.
func attest(options string) string {
	parsed, err := webauthn.ParseAttestationOptions(options)
	check(err)
	credential := webauthn.NewCredential(webauthn.KeyTypeEC2)
	return webauthn.CreateAttestationResponse(party, webauthn.NewAuthenticator(), credential, *parsed)
}

type subject struct{ UserId, Token string }

func post(client *http.Client, url, token string, body []byte) []byte {
	request, err := http.NewRequest("POST", url, bytes.NewReader(body))
	check(err)
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	reply, err := client.Do(request)
	check(err)
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	check(err)
	if reply.StatusCode != 200 {
		panic(reply.Status + " " + string(text))
	}
	return text
}

func cycle(client *http.Client, base string, user subject) {
	url := base + "/v2/users/" + user.UserId + "/passkeys"
	var started struct {
		PasskeyId string
		Options   json.RawMessage `json:"publicKeyCredentialCreationOptions"`
	}
	check(json.Unmarshal(post(client, url, user.Token, []byte("{}")), &started))
	credential := attest(string(started.Options))
	body, err := json.Marshal(map[string]any{
		"publicKeyCredential": json.RawMessage(credential), "passkeyName": "peer",
	})
	check(err)
	post(client, url+"/"+started.PasskeyId, user.Token, body)
}

func main() {
	if os.Args[1] == "attest" {
		options, err := os.ReadFile(os.Args[2])
		check(err)
		count, err := strconv.Atoi(os.Args[3])
		check(err)
		before := spent()
		for range count {
			attest(string(options))
		}
		fmt.Println(count, spent()-before)
		return
	}
	text, err := os.ReadFile(os.Args[3])
	check(err)
	var pool struct{ Subjects []subject }
	check(json.Unmarshal(text, &pool))
	seconds, err := strconv.Atoi(os.Args[4])
	check(err)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	var done atomic.Int64
	var workers sync.WaitGroup
	end := time.Now().Add(500*time.Millisecond + time.Duration(seconds)*time.Second)
	for _, user := range pool.Subjects[:connections] {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for time.Now().Before(end) {
				cycle(client, os.Args[2], user)
				done.Add(1)
			}
		}()
	}
	time.Sleep(500 * time.Millisecond)
	before, cycles := spent(), done.Load()
	workers.Wait()
	fmt.Println(done.Load()-cycles, spent()-before)
}
