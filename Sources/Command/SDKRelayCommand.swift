@main struct SDKRelayCommand { static func main() {} }
