/*
 * Sends readings of channel "@CHANNEL@" of cell "@CELL@" to cellgate, from a board with Wi-Fi.
 * Libraries: WiFi, PubSubClient, Preferences (ESP32). Set the four constants below and write read_value().
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

@CORE@
static const char KEY_HEX[] = ""; /* the key as hexadecimal text; empty: CRC-32 */

#ifdef ARDUINO
#include <PubSubClient.h>
#include <Preferences.h>
#include <WiFi.h>
static const char WIFI_NAME[] = "plant";
static const char WIFI_PASSWORD[] = "change-me";
static const char BROKER[] = "@HOST@";
static const uint16_t PORT = @PORT@;
static WiFiClient network;
static PubSubClient client(network);
static unsigned long session_number = 0;

void setup() {
  Preferences kept; /* a session is larger after every restart, also after a power cut */
  kept.begin("cellgate");
  session_number = kept.getULong("session", 0) + 1;
  kept.putULong("session", session_number);
  if (KEY_HEX[0] != 0) take_key(KEY_HEX);
  WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
  client.setServer(BROKER, PORT);
  client.setBufferSize(1024);
}
void loop() {
  static char reading[256], message[1024];
  if (!client.connected() && !client.connect(SOURCE)) {
    delay(500); /* silence is noticed by the node, and stops */
    return;
  }
  client.loop();
  read_value(reading, sizeof reading);
  wrap(reading, session_number, (unsigned long long)esp_timer_get_time(), message, sizeof message);
  client.publish(TOPIC, message);
  delay(@PERIOD_MS@);
}
#else /* on a computer it prints its messages, for a look or a test */
int main() {
  char reading[256], message[2048];
  if (KEY_HEX[0] != 0) take_key(KEY_HEX);
  for (unsigned long long i = 0; i < 5; i++) {
    read_value(reading, sizeof reading);
    wrap(reading, 1, i * @PERIOD_MS@ * 1000ULL, message, sizeof message);
    puts(message);
  }
  return 0;
}
#endif
