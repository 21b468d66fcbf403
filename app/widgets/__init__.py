"""Small reusable parts: banner, toast, breadcrumb, empty state, QR code."""
