enum PlaceholderSDKRelay {}
